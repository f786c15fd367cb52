-- Who asks. An agent registers a caller with name, address and phone alone, so e-mail may be missing.
create table customer (
  id text not null constraint customer_pk primary key,
  name text not null,
  name_key text not null,
  email text,
  email_key text,
  phone text not null,
  notify_by text not null,
  locale text not null,
  zone text not null,
  active bigint not null,
  ver bigint not null,
  created_at bigint not null
);
create index customer_name on customer (name_key, id);
create index customer_phone on customer (phone);
create index customer_email on customer (email_key) where email_key is not null;

-- Each word of a customer's name, folded: people search by any of them, and by its beginning.
create table customer_word (
  word text not null,
  customer text not null constraint customer_word_customer references customer (id),
  constraint customer_word_pk primary key (word, customer)
);
create index customer_word_of on customer_word (customer);

-- Where the trouble is. `lat`, `lon` are the middle of the postal code, `pin_*` what an expert corrected on the spot.
create table site (
  id text not null constraint site_pk primary key,
  customer text not null constraint site_customer references customer (id),
  line1 text not null,
  line2 text,
  city text not null,
  postal_code text not null,
  country text not null,
  zone text not null,
  lat_e7 bigint not null,
  lon_e7 bigint not null,
  pin_lat_e7 bigint,
  pin_lon_e7 bigint,
  contact_name text not null,
  contact_phone text not null,
  access_note text,
  active bigint not null,
  ver bigint not null,
  created_at bigint not null
);
create index site_of on site (customer, created_at);
create index site_phone on site (contact_phone);

-- What is sold. `categories` is JSON: a list of category slugs; an empty list is every category.
create table plan (
  id text not null constraint plan_pk primary key,
  slug text not null constraint plan_slug unique,
  name text not null,
  price_minor bigint not null,
  currency text not null,
  period_months bigint not null,
  categories text not null,
  sites bigint not null,
  promise_hours bigint not null,
  waiting_days bigint not null,
  active bigint not null,
  ver bigint not null
);

-- What one customer bought or was granted, with what the plan said then.
create table entitlement (
  id text not null constraint entitlement_pk primary key,
  customer text not null constraint entitlement_customer references customer (id),
  plan text not null constraint entitlement_plan references plan (id),
  state text not null,
  from_at bigint not null,
  until_at bigint not null,
  grace_until_at bigint,
  sites bigint not null,
  categories text not null,
  promise_hours bigint not null,
  reason text,
  created_at bigint not null
);
create index entitlement_of on entitlement (customer, until_at);
create index entitlement_ends on entitlement (until_at) where state = 'active';
