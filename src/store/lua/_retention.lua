-- Shared by tick and purge: how long what a room keeps of people is kept once it is closed.

local day_ms = 86400000
local retain_days_before = 30 -- of settings that do not say

-- Only when both clocks say so: one that runs ahead deletes nothing.
local function is_past_retention(caller_wall_ms)
  local days = room.retainDays > 0 and room.retainDays or retain_days_before
  return room.closedAtMs > 0 and math.min(room.wallMs, caller_wall_ms) - room.closedAtMs >= days * day_ms
end
