-- Which notice says the same by another way, because this one did not arrive. Its failure is then nobody's work.
alter table notice add column instead text;

-- What went wrong lately, for the page on which people see how the providers are.
create index delivery_at on delivery (at);
