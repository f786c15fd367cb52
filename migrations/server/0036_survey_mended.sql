-- When an answer was changed, within a day of giving it.
alter table survey add column mended_at bigint;
create index survey_created on survey (created_at, id);
