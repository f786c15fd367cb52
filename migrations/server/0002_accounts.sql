-- Who signs in, from which devices, and what staff changed. Instants are of the real clock.

-- Call-centre staff and admins.
create table staff (
  id text not null constraint staff_pk primary key,
  name text not null,
  name_key text not null,
  email text not null,
  phone text,
  role text not null,
  locale text not null,
  zone text not null,
  active bigint not null,
  ver bigint not null,
  created_at bigint not null
);
create index staff_name on staff (name_key, id);

-- Something that signs in: one for each person. `email_key` and `phone` are its handles; name, locale and zone are
-- copies that the person's own table gives here, for greetings and codes.
create table login (
  id text not null constraint login_pk primary key,
  role text not null,
  person text not null constraint login_person unique,
  name text not null,
  locale text not null,
  zone text not null,
  email text,
  email_key text constraint login_email unique,
  phone text constraint login_phone unique,
  password text,
  active bigint not null,
  created_at bigint not null
);

-- One installation of the app. Only its newest incarnation speaks for it.
create table device (
  id text not null constraint device_pk primary key,
  expert text not null,
  name text not null,
  platform text not null,
  push_token text,
  newest_inc bigint not null,
  revoked bigint not null,
  seen_at bigint,
  created_at bigint not null
);
create index device_expert on device (expert, id);

-- How far each incarnation's mutations were taken.
create table device_inc (
  device text not null constraint device_inc_device references device (id),
  inc bigint not null,
  last_n bigint not null,
  seen_at bigint,
  constraint device_inc_pk primary key (device, inc)
);

-- How far each incarnation has taken a stream in.
create table device_ack (
  device text not null,
  inc bigint not null,
  stream text not null,
  seq bigint not null,
  constraint device_ack_pk primary key (device, inc, stream)
);

-- A signed-in session (cookie) or program (Bearer), by the SHA-256 of its token. A device's token has no end until it is
-- revoked; a revoked one is kept, because it still opens the rescue of unsent work.
create table token (
  hash text not null constraint token_pk primary key,
  login text not null constraint token_login references login (id),
  device text,
  kind text not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint
);
create index token_of_login on token (login);
create index token_of_device on token (device) where device is not null;
create index token_expires on token (expires_at) where expires_at is not null;

-- One-time codes. The row is there first; the digits are made when they are sent, and only their keyed hash is kept.
create table sign_in_code (
  id text not null constraint sign_in_code_pk primary key,
  login text not null constraint sign_in_code_login references login (id),
  channel text not null,
  digest text,
  tries bigint not null,
  requested_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create index sign_in_code_of_login on sign_in_code (login, requested_at);
create index sign_in_code_expires on sign_in_code (expires_at);

-- Who of the staff changed what. Append-only.
create table audit (
  id text not null constraint audit_pk primary key,
  at bigint not null,
  actor_role text not null,
  actor text,
  what text not null,
  subject text not null,
  before_body text,
  after_body text
);
create index audit_subject on audit (subject, id);

-- Answers kept under the caller's Idempotency-Key: claim, effect and answer are one transaction.
create table idempotency (
  caller text not null,
  key text not null,
  body_hash text not null,
  status bigint,
  body text,
  created_at bigint not null,
  constraint idempotency_pk primary key (caller, key)
);
create index idempotency_created on idempotency (created_at);
