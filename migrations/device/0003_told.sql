-- Who has a ticket that went away, by name; and whether a note or photo was kept on a ticket that was no longer his.
alter table ticket_archive add column holder text;
alter table journal add column late integer not null default 0;
