-- A code that a customer asks for goes by SMS and by mail, each with digits of its own, and the mail has a link beside
-- them; the first that opens ends the others. Of a link only the SHA-256 is kept, from when it is sent.
alter table sign_in_code add column link text;
create unique index sign_in_code_link on sign_in_code (link) where link is not null;
