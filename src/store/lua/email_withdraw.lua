#!lua flags=allow-oom
-- email_withdraw: deletes a ticket's request. One that may be on its way stays marked: it is not sent twice.
-- own arguments: id, gen
-- answer: 'withdrawn' or 'moved'

local id = ARGV[own + 1]
local gen = tonumber(ARGV[own + 2])

if is_moved(id, gen) then
  return 'moved'
end
local record = read_record(id)
if record and is_held(id, record) then
  keep_mark(id)
elseif record then
  drop(id)
end
return 'withdrawn'
