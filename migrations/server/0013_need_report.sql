-- An expert said that a ticket needs a skill which its need did not name. `visited` is 1 when he was there or on the way;
-- `skills` are the words of what he named. Instants are of the business clock.
create table need_report (
  ticket text not null constraint need_report_ticket references ticket (id),
  expert text not null,
  category text not null,
  symptom text not null,
  skills text not null,
  visited bigint not null,
  at bigint not null,
  reviewed_at bigint,
  constraint need_report_pk primary key (ticket, expert)
);
create index need_report_open on need_report (at) where reviewed_at is null;
create index need_report_row on need_report (category, symptom, at);
