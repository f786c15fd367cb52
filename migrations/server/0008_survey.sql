-- One survey for each completed ticket. `working` is 0 or 1, `rating` 1 to 5.
create table survey (
  id text not null constraint survey_pk primary key,
  ticket text not null constraint survey_ticket unique,
  customer text not null,
  expert text,
  state text not null,
  created_at bigint not null,
  invited_at bigint,
  answered_at bigint,
  reminder_at bigint,
  working bigint,
  rating bigint,
  comment text
);
create index survey_expert on survey (expert, created_at);
create index survey_open on survey (invited_at) where state = 'invited';
