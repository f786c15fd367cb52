-- The borders of an area as GeoJSON, beside its postal codes or instead of them.
alter table area add column drawing text;

-- Whether an SMS goes with each offer ('always'), or only where no phone acknowledged it in time ('if_unheard').
alter table expert add column sms text not null default 'always';
