#!lua flags=allow-oom
-- email_forget: deletes all requests of a room that is no longer there. A later run of it keeps its own.
-- answer: 'forgotten' or 'kept'

if load_live_room() then
  return 'kept'
end
unlink_emails()
return 'forgotten'
