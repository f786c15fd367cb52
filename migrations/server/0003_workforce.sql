-- What experts can do. `*_key` columns hold people's text folded in Rust, to sort and search by.
create table skill (
  id text not null constraint skill_pk primary key,
  slug text not null constraint skill_slug unique,
  name text not null,
  name_key text not null,
  active bigint not null,
  ver bigint not null
);

-- Where experts serve: a set of postal codes, each area by the beginnings of its codes.
create table area (
  id text not null constraint area_pk primary key,
  slug text not null constraint area_slug unique,
  name text not null,
  name_key text not null,
  active bigint not null,
  ver bigint not null
);
create table area_postal (
  area text not null constraint area_postal_area references area (id),
  country text not null,
  prefix text not null,
  constraint area_postal_pk primary key (country, prefix, area)
);
create index area_postal_of on area_postal (area);

-- The people who visit. `home_*` is the base: its zone is that of their shifts. Position and arrival are the last ones
-- known; they move without a new `ver`.
create table expert (
  id text not null constraint expert_pk primary key,
  name text not null,
  name_key text not null,
  email text not null,
  phone text not null,
  home_line1 text,
  home_city text not null,
  home_postal_code text not null,
  home_country text not null,
  home_lat_e7 bigint not null,
  home_lon_e7 bigint not null,
  zone text not null,
  languages text not null,
  locale text not null,
  active bigint not null,
  on_duty bigint not null,
  ver bigint not null,
  position_lat_e7 bigint,
  position_lon_e7 bigint,
  position_at bigint,
  arrival_lat_e7 bigint,
  arrival_lon_e7 bigint,
  arrival_at bigint,
  created_at bigint not null
);
create index expert_name on expert (name_key, id);
create index expert_position on expert (position_at) where position_at is not null;

create table expert_skill (
  expert text not null constraint expert_skill_expert references expert (id),
  skill text not null constraint expert_skill_skill references skill (id),
  level bigint not null,
  constraint expert_skill_pk primary key (expert, skill)
);
create index expert_skill_of on expert_skill (skill);

create table expert_area (
  expert text not null constraint expert_area_expert references expert (id),
  area text not null constraint expert_area_area references area (id),
  constraint expert_area_pk primary key (expert, area)
);
create index expert_area_of on expert_area (area);

-- Working hours by the wall clock of the expert's zone: each week on a day (1 is Monday), or once on a date.
create table shift (
  id text not null constraint shift_pk primary key,
  expert text not null constraint shift_expert references expert (id),
  weekday bigint,
  on_date text,
  start_minute bigint not null,
  end_minute bigint not null,
  on_call bigint not null
);
create index shift_of on shift (expert);

create table absence (
  id text not null constraint absence_pk primary key,
  expert text not null constraint absence_expert references expert (id),
  from_at bigint not null,
  until_at bigint not null,
  reason text,
  created_at bigint not null
);
create index absence_of on absence (expert, until_at);

-- What customers can have trouble with, in the order in which the form shows it.
create table category (
  slug text not null constraint category_pk primary key,
  label text not null,
  place_in_list bigint not null,
  active bigint not null
);
create table symptom (
  category text not null constraint symptom_category references category (slug),
  slug text not null,
  label text not null,
  place_in_list bigint not null,
  danger bigint not null,
  active bigint not null,
  constraint symptom_pk primary key (category, slug)
);

-- What a ticket needs: one row for each category and symptom and version; the highest version counts. The symptom ''
-- is the category's default, and that of "not sure". `skills` is JSON: skill id to level.
create table need (
  category text not null constraint need_category references category (slug),
  symptom text not null,
  ver bigint not null,
  skills text not null,
  work_minutes bigint not null,
  urgent bigint not null,
  made_at bigint not null,
  constraint need_pk primary key (category, symptom, ver)
);
