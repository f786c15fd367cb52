-- When the customer of a ticket lets somebody in, as JSON; none means at any time. Instants are of the business clock.
alter table ticket add column windows text not null default '[]';
