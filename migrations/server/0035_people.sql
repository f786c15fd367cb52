-- What customers keep of themselves. An address counts once its owner opened the link that was sent there; a new one
-- waits in `email_wanted` until then. `helper` is JSON: somebody who hears the news too. `leaving_at` is when the account
-- is deleted, by the business clock, unless its owner stays; `forgotten_at` is when that was done.
alter table customer add column email_confirmed_at bigint;
alter table customer add column email_wanted text;
alter table customer add column helper text;
alter table customer add column leaving_at bigint;
alter table customer add column forgotten_at bigint;
create index customer_leaving on customer (leaving_at, id) where leaving_at is not null;
-- Who was known before had been written to at that address.
update customer set email_confirmed_at = created_at where email is not null;
