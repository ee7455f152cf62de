-- Shared by the scripts of e-mails asked for: their keys, a request's record, and whether its ticket still waits.
-- They read the room and never change it, so they neither call begin() nor move the room clock. Each writes, whatever
-- it finds, so that a WAIT behind it confirms what it says: that nothing is kept any more, as well.

local email = {
  records = KEYS[14], -- hash: ticketId -> `minutes tries holder sealed`
  ends = KEYS[15], -- zset: ticketId -> wall ms at which its token ends
  claimed = KEYS[16], -- zset: ticketId -> order; claimed at least once. Without a record: sent, or on its way
  again = KEYS[17], -- zset: ticketId -> wall ms from which one that was claimed may be claimed again
  under = { -- zsets, by choice: ticketId -> order; not claimed yet
    ['5'] = KEYS[18],
    ['15'] = KEYS[19],
    ['30'] = KEYS[20],
    ['60'] = KEYS[21],
  },
  sweep_from = KEYS[22], -- string: the order behind which the next sweep begins
}
local choices = { '5', '15', '30', '60' }
local nobody = '-' -- holds it; else the claim, with `begun` in front once its content is being sent
local begun = '!'
local now_ms = math.floor((caller.nowUs or server_time_us()) / 1000)

redis.call('HSET', email.records, '', '')
redis.call('HDEL', email.records, '')

-- Whether another device holds the ticket.
local function is_moved(id, gen)
  local text = redis.call('HGET', key.tickets, id)
  return text and gen < unpack_ticket(text).gen
end

local function load_live_room()
  return load_room() and room.state ~= 'deleted'
end

local function read_record(id)
  local text = redis.call('HGET', email.records, id)
  if not text then
    return nil
  end
  local minutes, tries, holder, sealed = string.match(text, '^(%d+) (%d+) (%S+) (%S+)$')
  return { minutes = minutes, tries = tonumber(tries), holder = holder, sealed = sealed }
end

local function write_record(id, record)
  redis.call('HSET', email.records, id,
    string.format('%s %d %s %s', record.minutes, record.tries, record.holder, record.sealed))
end

local function is_begun(record)
  return string.sub(record.holder, 1, 1) == begun
end

-- Deletes a request and that there was one.
local function drop(id)
  local record = read_record(id)
  if record then
    redis.call('ZREM', email.under[record.minutes], id)
    redis.call('HDEL', email.records, id)
  end
  redis.call('ZREM', email.claimed, id)
  redis.call('ZREM', email.again, id)
  redis.call('ZREM', email.ends, id)
end

-- Deletes a request, and remembers that its e-mail was sent until the ticket waits no more.
local function keep_mark(id)
  redis.call('HDEL', email.records, id)
  redis.call('ZREM', email.again, id)
end

local function unlink_emails()
  redis.call('UNLINK', email.records, email.ends, email.claimed, email.again, unpack(KEYS, 18, 22))
end

-- A ticket that the queue has lost waits as its token says.
local function waits(id, order)
  if is_forgotten(order) then
    return false
  end
  if redis.call('ZSCORE', key.queue, id) or redis.call('ZSCORE', key.parked, id) then
    return true
  end
  if redis.call('HEXISTS', key.tickets, id) == 1 or redis.call('ZSCORE', key.spent, id) then
    return false
  end
  return order > room.frontier
end
