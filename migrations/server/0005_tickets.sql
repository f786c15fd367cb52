-- One trouble a customer reported. What was filed stays as it was; `life` is the state machine's own JSON and the
-- columns after it are taken from it, so that they can be searched. `stream_of` is the expert in whose stream the
-- ticket is. Instants are of the business clock.
create table ticket (
  id text not null constraint ticket_pk primary key,
  number text not null constraint ticket_number unique,
  ver bigint not null,
  customer text not null,
  site text not null,
  entitlement text,
  category text not null,
  symptom text,
  category_label text not null,
  symptom_label text,
  make text,
  model text,
  title text not null,
  description text not null,
  access_note text,
  urgent bigint not null,
  skills text not null,
  work_minutes bigint not null,
  language text not null,
  due_at bigint not null,
  filed_at bigint not null,
  filed_by text not null,
  life text not null,
  state text not null,
  holder text,
  stream_of text,
  deadline_at bigint,
  needs_human text,
  last_expert text,
  summary text,
  ended_at bigint,
  n_events bigint not null,
  changed_at bigint not null
);
create index ticket_deadline on ticket (deadline_at) where deadline_at is not null;
create index ticket_waiting on ticket (filed_at, id) where state = 'waiting';
create index ticket_inbox on ticket (deadline_at, id) where needs_human is not null;
create index ticket_holder on ticket (holder) where holder is not null;
create index ticket_customer on ticket (customer, filed_at);
create index ticket_site on ticket (site, filed_at);
create index ticket_state on ticket (state, id);

-- Each invitation of a ticket to an expert, with how it ended.
create table offer (
  id text not null constraint offer_pk primary key,
  ticket text not null constraint offer_ticket references ticket (id),
  expert text not null,
  decision text,
  made_at bigint not null,
  expires_at bigint not null,
  state text not null,
  reason text,
  ended_at bigint,
  seen_at bigint
);
create unique index offer_open on offer (ticket) where state = 'open';
create index offer_of_ticket on offer (ticket, made_at);
create index offer_of_expert on offer (expert, made_at);

-- What people wrote on a ticket, append-only; the id is made once by its author.
create table note (
  id text not null constraint note_pk primary key,
  ticket text not null constraint note_ticket references ticket (id),
  author text not null,
  author_name text not null,
  body text not null,
  late bigint not null,
  at bigint not null
);
create index note_of_ticket on note (ticket, at, id);
