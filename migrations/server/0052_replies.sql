-- SMS that people sent us, each once: `sid` is the provider's name of it. `answer` is what we said, so that a repeat is
-- answered like the first. `became` says what it led to. `at` is of the business clock.
create table sms_reply (
  sid text not null constraint sms_reply_pk primary key,
  phone text not null,
  body text not null,
  became text not null,
  ticket text,
  answer text not null,
  at bigint not null
);
create index sms_reply_phone on sms_reply (phone, at);
create index notice_offer_sms on notice (to_address, id) where kind = 'offer' and channel = 'sms';
create index expert_phone on expert (phone);
