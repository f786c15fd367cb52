-- Numbers that take no SMS: 'stop', because whoever has it asked us; 'landline', because the network says so. `since` is
-- of the real clock.
create table no_sms (
  phone text not null constraint no_sms_pk primary key,
  why text not null,
  since bigint not null
);
create index notice_instead on notice (instead) where instead is not null;
