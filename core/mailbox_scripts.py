"""The steps of the mailbox that must be atomic, in Lua. Each runs within one shard, that is within one slot.

A conversation with something to answer has a *turn* (a hash) and is in one of four states:

    waiting   in its workspace's list; a workspace has few places in the stream, so that it can't fill it
    queued    in the stream, not yet read
    running   read by a worker: pending in the consumer group, where its idle time is the age of its lease
    delayed   in a sorted set by the time at which it is to be tried again

It stands in the stream at most once, so one worker at a time has it. Whoever takes it draws a *fence*, a number that
is never drawn twice; every later step shows it and is refused once somebody else has drawn another.

A script gets KEYS[1], what the keys of the platform's queue begin with, and KEYS[2], what those of the shard's
conversations do. Other keys are made from these: which conversation is next is known only here.
"""

from core.conversation_keys import REMEMBER

COMMON = (
    REMEMBER
    + """
local box, talks = KEYS[1], KEYS[2]
local work, delayed, dead, since = box .. 'work', box .. 'delayed', box .. 'dead', box .. 'since'
local GROUP, CONSUMER, PLACES = 'workers', 'worker', 4

local function of(name, what)
  return talks .. name .. ':' .. what
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function open()
  if redis.call('EXISTS', work) == 0 then
    redis.call('XGROUP', 'CREATE', work, GROUP, '0', 'MKSTREAM')
  end
end

local function admit(workspace)
  local waiting, admitted = box .. 'waiting:' .. workspace, box .. 'admitted:' .. workspace
  while redis.call('SCARD', admitted) < PLACES do
    local name = redis.call('LPOP', waiting)
    if not name then
      return
    end
    open()
    redis.call('SADD', admitted, name)
    local entry = redis.call('XADD', work, '*', 'conversation', name)
    redis.call('HSET', of(name, 'turn'), 'state', 'queued', 'entry', entry)
  end
end

local function line_up(name, workspace)
  redis.call('HSET', of(name, 'turn'), 'state', 'waiting', 'workspace', workspace)
  redis.call('RPUSH', box .. 'waiting:' .. workspace, name)
  admit(workspace)
end

local function ask(name, workspace, id, question, received)
  redis.call('RPUSH', of(name, 'inbox'), id)
  redis.call('HSET', of(name, 'questions'), id, question)
  if redis.call('EXISTS', of(name, 'turn')) == 0 then
    redis.call('ZADD', since, received, name)
    line_up(name, workspace)
  end
end

local function holds(name, fence)
  return redis.call('HGET', of(name, 'turn'), 'fence') == fence
end

local function writes_of(name)
  local writes = {}
  for at, id in ipairs(cjson.decode(redis.call('HGET', of(name, 'turn'), 'ids'))) do
    local entry = redis.call('HGET', of(name, 'messages'), id)
    writes[at] = entry and string.sub(entry, 1, 18) or ''
  end
  return writes
end

local function leave_stream(name)
  local entry, workspace = unpack(redis.call('HMGET', of(name, 'turn'), 'entry', 'workspace'))
  redis.call('XACK', work, GROUP, entry)
  redis.call('XDEL', work, entry)
  redis.call('SREM', box .. 'admitted:' .. workspace, name)
  redis.call('HDEL', of(name, 'turn'), 'entry', 'fence')
  return workspace
end

local function keep_reply(name, ids, reply, posted)
  local record = {ids = {}, questions = {}, reply = reply, posted = posted}
  for _, id in ipairs(ids) do
    if redis.call('HEXISTS', of(name, 'messages'), id) == 1 then
      table.insert(record.ids, id)
      table.insert(record.questions, redis.call('HGET', of(name, 'questions'), id) or '{}')
    end
  end
  local written = cjson.encode(record)
  for _, id in ipairs(record.ids) do
    redis.call('HSET', of(name, 'replies'), id, written)
  end
end

local function close(name, reply, posted)
  local workspace = leave_stream(name)
  local ids = cjson.decode(redis.call('HGET', of(name, 'turn'), 'ids'))
  keep_reply(name, ids, reply, posted)
  for _, id in ipairs(ids) do
    redis.call('LREM', of(name, 'inbox'), 1, id)
    redis.call('HDEL', of(name, 'questions'), id)
  end
  redis.call('DEL', of(name, 'turn'))
  if redis.call('LLEN', of(name, 'inbox')) > 0 then
    redis.call('ZADD', since, now(), name)
    line_up(name, workspace)
  else
    redis.call('ZREM', since, name)
    admit(workspace)
  end
end
"""
)

SUBMIT = (
    COMMON
    + """
local name, workspace, id, entry, sent_at, attempt, question, event, keep_event, stops = unpack(ARGV)
remember(of(name, 'messages'), of(name, 'order'), of(name, 'gone'), id, entry, sent_at)
if redis.call('ZSCORE', of(name, 'gone'), id) then
  return 'deleted'
end
if event ~= '' then
  local seen = box .. 'event:' .. event
  if not redis.call('SET', seen, attempt, 'NX', 'EX', keep_event) and redis.call('GET', seen) ~= attempt then
    return 'duplicate'
  end
end
local asked = redis.call('HGET', of(name, 'asked'), id)
if asked then
  return asked == attempt and 'new' or 'duplicate'
end
redis.call('HSET', of(name, 'asked'), id, attempt)
if stops == '1' and redis.call('EXISTS', of(name, 'turn')) == 1 then
  redis.call('HSET', of(name, 'turn'), 'stop', '1')
  return 'stopping'
end
ask(name, workspace, id, question, now())
return 'new'
"""
)
"""A message is remembered, and its conversation lined up, once: 'new', 'duplicate', 'deleted' or 'stopping'."""

TAKE = (
    COMMON
    + """
local lease, most = ARGV[1], tonumber(ARGV[2])
open()
for _, name in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now(), 'LIMIT', 0, 100)) do
  redis.call('ZREM', delayed, name)
  local workspace = redis.call('HGET', of(name, 'turn'), 'workspace')
  if workspace then
    line_up(name, workspace)
  end
end

local entry, name
local cursor = '0-0'
repeat
  local claimed = redis.call('XAUTOCLAIM', work, GROUP, CONSUMER, lease, cursor, 'COUNT', 1)
  cursor = claimed[1]
  if claimed[2][1] then
    entry, name = claimed[2][1][1], claimed[2][1][2][2]
  end
until entry or cursor == '0-0'
if not entry then
  local read = redis.call('XREADGROUP', 'GROUP', GROUP, CONSUMER, 'COUNT', 1, 'STREAMS', work, '>')
  if not read then
    local info = redis.call('XINFO', 'STREAM', work)
    for at = 1, #info, 2 do
      if info[at] == 'last-generated-id' then
        return {0, info[at + 1]}
      end
    end
  end
  entry, name = read[1][2][1][1], read[1][2][1][2][2]
end

local turn = of(name, 'turn')
if redis.call('HGET', turn, 'entry') ~= entry then
  redis.call('XACK', work, GROUP, entry)
  redis.call('XDEL', work, entry)
  return {0, '0-0'}
end
local ids = redis.call('HGET', turn, 'ids')
if not ids then
  local chosen, group = {}, nil
  for at, id in ipairs(redis.call('LRANGE', of(name, 'inbox'), 0, most - 1)) do
    local question = redis.call('HGET', of(name, 'questions'), id)
    local known = question and cjson.decode(question) or {}
    local its_group = known.group or (known.alone and id) or nil
    if at == 1 then
      group = its_group
    elseif its_group ~= group then
      break
    end
    chosen[at] = id
  end
  ids = cjson.encode(chosen)
end
local fence = tostring(redis.call('INCR', box .. 'fence'))
redis.call('HSET', turn, 'state', 'running', 'fence', fence, 'ids', ids)
local tries = redis.call('HINCRBY', turn, 'tries', 1)
local begun = redis.call('HINCRBY', turn, 'begun', 1)
local kept = redis.call('HMGET', turn, 'posted', 'reply', 'stop', 'failing')
local waiting = now() - (redis.call('ZSCORE', since, name) or now())
return {1, name, fence, tries, begun, ids, kept, waiting, now()}
"""
)
"""The next conversation: one whose lease ran out (ms, ARGV[1]), else a new one; or the last id of an idle stream."""

READ = """
local ids = cjson.decode(ARGV[2])
local talks, name = KEYS[1], ARGV[1]
return {
  redis.call('HMGET', talks .. name .. ':messages', unpack(ids)),
  redis.call('HMGET', talks .. name .. ':questions', unpack(ids)),
}
"""
"""The messages of a turn as they are now, and what is known of each question; nothing for one that was deleted."""

RENEW = (
    COMMON
    + """
local name, fence = ARGV[1], ARGV[2]
if not holds(name, fence) then
  return 0
end
local turn = of(name, 'turn')
redis.call('XCLAIM', work, GROUP, CONSUMER, 0, redis.call('HGET', turn, 'entry'), 'JUSTID')
return {redis.call('HGET', turn, 'stop') or '', writes_of(name)}
"""
)
"""The lease begins anew; answers whether the turn is to be stopped, and by which attempt each message was written."""

NOTE = (
    COMMON
    + """
if not holds(ARGV[1], ARGV[2]) then
  return 0
end
redis.call('HSET', of(ARGV[1], 'turn'), ARGV[3], ARGV[4])
return 1
"""
)
"""Something is kept with the turn, for whoever takes it over."""

FINISH = (
    COMMON
    + """
local name, fence, writes, posted, id, entry, sent_at = unpack(ARGV)
if not holds(name, fence) then
  return 0
end
for at, write in ipairs(writes_of(name)) do
  if write ~= cjson.decode(writes)[at] then
    return -1
  end
end
if id ~= '' then
  if redis.call('HEXISTS', of(name, 'messages'), id) == 1 then
    redis.call('HSET', of(name, 'messages'), id, entry)
  else
    remember(of(name, 'messages'), of(name, 'order'), of(name, 'gone'), id, entry, sent_at)
  end
end
close(name, id, posted)
return 1
"""
)
"""The turn is over: its reply is remembered, and the conversation goes on to what came meanwhile, or rests.

-1, and it is not over, if a question is not any more as it was answered.
"""

POSTPONE = (
    COMMON
    + """
local name, fence, delay, counts = unpack(ARGV)
if not holds(name, fence) then
  return 0
end
local turn = of(name, 'turn')
if counts ~= '1' then
  redis.call('HINCRBY', turn, 'tries', -1)
end
redis.call('HSETNX', turn, 'failing', now())
local workspace = leave_stream(name)
redis.call('HSET', turn, 'state', 'delayed')
redis.call('ZADD', delayed, now() + delay, name)
admit(workspace)
return 1
"""
)
"""The turn is tried again after a delay (ms); whether this try counts is said by ARGV[4]."""

HAND_BACK = (
    COMMON
    + """
local name, fence = ARGV[1], ARGV[2]
if not holds(name, fence) then
  return 0
end
local turn = of(name, 'turn')
redis.call('HINCRBY', turn, 'tries', -1)
redis.call('XCLAIM', work, GROUP, CONSUMER, 0, redis.call('HGET', turn, 'entry'), 'IDLE', 86400000, 'JUSTID')
redis.call('HDEL', turn, 'fence')
return 1
"""
)
"""The turn is given up as if its lease had run out, so that the next worker that looks takes it."""

BURY = (
    COMMON
    + """
local name, fence, posted, id, record = unpack(ARGV)
if not holds(name, fence) then
  return 0
end
redis.call('HSET', dead, id, record)
close(name, '', posted)
return 1
"""
)
"""The turn goes to the dead letters, and the conversation goes on."""

STOP = (
    COMMON
    + """
if redis.call('EXISTS', of(ARGV[1], 'turn')) == 0 then
  return 0
end
redis.call('HSET', of(ARGV[1], 'turn'), 'stop', '1')
return 1
"""
)

RETRY = (
    COMMON
    + """
local name, workspace, id = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HDEL', dead, id) == 0 then
  return 0
end
for at = 4, #ARGV, 2 do
  ask(name, workspace, ARGV[at], ARGV[at + 1], now())
end
return 1
"""
)
"""A dead letter is asked again: ids and questions follow in turn."""

COUNT = (
    COMMON
    + """
local stream = redis.call('EXISTS', work) == 1 and redis.call('XLEN', work) or 0
local conversations = redis.call('ZRANGE', since, 0, -1, 'WITHSCORES')
return {now(), stream, redis.call('ZCARD', delayed), redis.call('HLEN', dead), conversations}
"""
)
