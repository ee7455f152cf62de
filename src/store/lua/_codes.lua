-- Shared by the scripts that know a ticket by its resume code: the text that is kept under the code's key.

-- `id number order gen ends [call id]`; orders stay texts that lose no digit.
local function code_parts(text)
  local id, number, order, gen, ends, used_by = string.match(text, '^(%S+) (%d+) (%d+) (%d+) (%d+) ?(.*)$')
  return {
    id = id,
    number = tonumber(number),
    order = tonumber(order),
    gen = tonumber(gen),
    ends = tonumber(ends), -- wall ms at which the token ends that asked for the code
    used_by = used_by ~= '' and used_by or nil, -- the call that moved the ticket
  }
end
