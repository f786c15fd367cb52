-- Experts who must not visit a customer, whoever of the two asked for it.
create table expert_block (
  expert text not null constraint expert_block_expert references expert (id),
  customer text not null constraint expert_block_customer references customer (id),
  reason text not null,
  made_at bigint not null,
  constraint expert_block_pk primary key (customer, expert)
);
create index expert_block_of on expert_block (expert);

-- Days on which weekly shifts do not take place: of a country, or of one area in it ('' is the whole country). Dated
-- shifts and on-call times do.
create table holiday (
  on_date text not null,
  country text not null,
  area text not null,
  name text not null,
  constraint holiday_pk primary key (on_date, country, area)
);
