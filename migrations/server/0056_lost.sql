-- What phones handed in and nobody could use yet, until a person has looked at it. `filed_at`: what an outbox held was
-- laid on its tickets. Real clock.
alter table dead_letter add column handled_at bigint;
alter table dead_letter add column handled_by text;
alter table rescue add column filed_at bigint;
alter table rescue add column outcome text;
alter table rescue add column handled_at bigint;
alter table rescue add column handled_by text;
create index rescue_unfiled on rescue (received_at, id) where filed_at is null;

-- Tickets that phones have and this server does not know any more: its history was set back further than they were.
create table orphan (
  ticket text not null,
  expert text not null,
  device text not null,
  reported_at bigint not null,
  handled_at bigint,
  handled_by text,
  constraint orphan_pk primary key (ticket, expert)
);
create index orphan_reported on orphan (reported_at);
