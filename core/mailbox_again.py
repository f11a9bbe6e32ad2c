"""The steps of the mailbox by which what was answered is asked again, in Lua, each atomic (`core.mailbox_scripts`)."""

from core.conversation_keys import FORGET_ANSWERS
from core.mailbox_scripts import COMMON

_ASK_AGAIN = (
    COMMON
    + """
local function is_record(name, id, kept)
  return (redis.call('HGET', of(name, 'replies'), id) or '') == kept
end

local function ask_again(name, workspace, kept, first)
  local reply = cjson.decode(kept).reply
  redis.call('HDEL', of(name, 'messages'), reply)
  redis.call('ZREM', of(name, 'order'), reply)
  for at = first, #ARGV, 2 do
    redis.call('HDEL', of(name, 'replies'), ARGV[at])
    ask(name, workspace, ARGV[at], ARGV[at + 1], now())
  end
end
"""
)

AGAIN = (
    _ASK_AGAIN
    + """
local name, workspace, id, kept = unpack(ARGV, 1, 4)
if not is_record(name, id, kept) then
  return 0
end
ask_again(name, workspace, kept, 5)
return 1
"""
)
"""What was answered is asked again, in the place of its reply: ids and questions follow in turn. 0 if the record of the
reply (ARGV[4]) is not any more what it was."""

EDIT = (
    _ASK_AGAIN
    + FORGET_ANSWERS
    + """
local name, workspace, id, kept, entry = unpack(ARGV, 1, 5)
local known = redis.call('HGET', of(name, 'messages'), id)
if not known then
  return 0
end
if string.sub(known, 1, 18) == string.sub(entry, 1, 18) then
  return 1
end
if not is_record(name, id, kept) then
  return -1
end
redis.call('HSET', of(name, 'messages'), id, entry)
forget_answers(of(name, 'answers'), of(name, 'stood_on'), {id})
if kept ~= '' then
  ask_again(name, workspace, kept, 6)
end
return 1
"""
)
"""A message reads otherwise (ARGV[5]), and what was answered with it is asked again, as in `AGAIN`; without a record of
a reply, whoever answers it now finds it changed.

0 if it is not kept, -1 if the record of the reply (ARGV[4], empty for none) is not any more what it was. The same
writing is the same step, sent again because the connection broke before the answer came.
"""
