-- What reports add up: what experts said about their visits, and what customers answered.
create index event_of_visits on event (at) where kind in ('accepted', 'declined', 'arrived');
create index survey_answered on survey (answered_at) where answered_at is not null;
