-- The ticket about whose trouble this one is again. At most one ticket follows another.
alter table ticket add column follows text;
create unique index ticket_follows on ticket (follows) where follows is not null;
-- What was finished lately at a site, for the next report about the same product; and for the reports of a month.
create index ticket_finished on ticket (site, ended_at) where state = 'completed';
create index ticket_completed on ticket (ended_at, id) where state = 'completed';
