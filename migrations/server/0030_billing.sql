-- Money. No card number is ever here: a card is the provider's reference, its brand, its last four digits and its expiry.

-- Whether its end is followed by another paid period; until that is paid it covers on, up to `grace_until_at`.
alter table entitlement add column renews bigint not null default 0;

-- A customer at the card provider, and the card that later periods are charged to. `told_expiry` is the card whose expiry
-- its customer was told.
create table payer (
  customer text not null constraint payer_pk primary key constraint payer_customer references customer (id),
  provider_ref text not null,
  method text,
  brand text,
  last4 text,
  exp_year bigint,
  exp_month bigint,
  card_at bigint,
  told_expiry text,
  created_at bigint not null
);

-- A visit to the provider's page: to buy a plan, or only to leave another card. What was agreed stands here, because a
-- plan can change while somebody types a card number.
create table checkout (
  id text not null constraint checkout_pk primary key,
  customer text not null constraint checkout_customer references customer (id),
  purpose text not null,
  plan text,
  entitlement text,
  price_minor bigint,
  currency text,
  state text not null,
  session text,
  url text,
  created_at bigint not null,
  expires_at bigint not null,
  ended_at bigint
);
create index checkout_of on checkout (customer, created_at);
create index checkout_open on checkout (expires_at) where state in ('asked', 'open');

-- What follows a bought period. Periods are counted from `anchor_at` by the calendar of `zone`, so that the 31st stays
-- the 31st wherever a month has one; `period` is the one that is paid.
create table renewal (
  entitlement text not null constraint renewal_pk primary key constraint renewal_entitlement references entitlement (id),
  customer text not null constraint renewal_customer references customer (id),
  plan text not null constraint renewal_plan references plan (id),
  state text not null,
  anchor_at bigint not null,
  months bigint not null,
  zone text not null,
  period bigint not null,
  until_at bigint not null
);
create index renewal_of on renewal (customer);
create index renewal_due on renewal (until_at) where state <> 'over';

-- One row for each period of an entitlement, from a month before it begins. `seq` sorts by age of the decision.
create table charge (
  id text not null constraint charge_pk primary key,
  customer text not null constraint charge_customer references customer (id),
  entitlement text not null constraint charge_entitlement references entitlement (id),
  plan text not null constraint charge_plan references plan (id),
  period bigint not null,
  from_at bigint not null,
  until_at bigint not null,
  price_minor bigint not null,
  currency text not null,
  state text not null,
  due_at bigint not null,
  first_at bigint,
  next_at bigint,
  gives_up_at bigint,
  failure text,
  intent text,
  card text,
  told_days bigint,
  ended_at bigint,
  created_at bigint not null,
  constraint charge_period unique (entitlement, period)
);
create index charge_of on charge (customer, due_at);
create index charge_open on charge (due_at) where state in ('scheduled', 'open');
create index charge_state on charge (state, id);

-- One request for money. Written before it is made; a request whose end nobody knows is looked up, never guessed.
create table payment_attempt (
  charge text not null constraint payment_attempt_charge references charge (id),
  n bigint not null,
  asked_by text not null,
  method text not null,
  intent text,
  state text not null,
  code text,
  url text,
  begun_at bigint not null,
  ended_at bigint,
  constraint payment_attempt_pk primary key (charge, n)
);

-- Money given back, whole or in part, by an admin with a reason.
create table refund (
  id text not null constraint refund_pk primary key,
  charge text not null constraint refund_charge references charge (id),
  amount_minor bigint not null,
  reason text not null,
  actor text not null,
  state text not null,
  why text,
  provider_ref text,
  asked_at bigint not null,
  begun_at bigint,
  ended_at bigint
);
create index refund_of on refund (charge, id);
create index refund_open on refund (id) where state = 'asked';

-- A customer's bank asks the money back. `told_at` is the provider's clock: an older telling never overwrites a newer one.
create table dispute (
  provider_ref text not null constraint dispute_pk primary key,
  charge text not null constraint dispute_charge references charge (id),
  amount_minor bigint not null,
  reason text not null,
  state text not null,
  answer_by bigint,
  told_at bigint not null,
  created_at bigint not null
);
create index dispute_of on dispute (charge);

-- The provider's tellings that were taken, so that a repeat is nothing.
create table provider_event (
  id text not null constraint provider_event_pk primary key,
  kind text not null,
  at bigint not null
);

-- The demo's card provider: its customers, pages, cards (without their numbers), payments and what it has still to tell.
create table sandbox_object (
  id text not null constraint sandbox_object_pk primary key,
  kind text not null,
  payer text not null,
  body text not null
);
create index sandbox_object_of on sandbox_object (payer, id);
