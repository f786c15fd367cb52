-- Who of the staff takes care of what is in the inbox. `item` is `ticket:…` or `notice:…`; `since` is that of the
-- question, so that a later question about the same ticket is nobody's again.
create table inbox_task (
  item text not null constraint inbox_task_pk primary key,
  since bigint not null,
  staff text not null,
  taken_at bigint not null
);
