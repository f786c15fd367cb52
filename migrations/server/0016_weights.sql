-- What matching prefers: each change is a new version, none is ever changed. `body` is the whole set of numbers.
create table weights (
  version bigint not null constraint weights_pk primary key,
  body text not null,
  made_at bigint not null
);
