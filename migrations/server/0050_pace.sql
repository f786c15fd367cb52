-- Which of a lane's due jobs goes first: 0 before 1 before 2.
alter table job add column rank bigint not null default 1;
create index job_ready_rank on job (lane, rank, due_at) where state = 'ready';
drop index job_ready;

-- A lane whose provider takes only so many a second, together from all our servers: until when, by the real clock in
-- microseconds, what was handed out so far uses that up.
create table pace (
  lane text not null constraint pace_pk primary key,
  interval_us bigint not null,
  spent_until_us bigint not null
);
