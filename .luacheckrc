-- The scripts run inside Redis: Lua 5.1 with its globals and a few of its libraries, no others.
std = {
  read_globals = {
    'KEYS', 'ARGV', 'redis', 'cjson', 'bit', 'struct', 'cmsgpack',
    'assert', 'error', 'ipairs', 'next', 'pairs', 'pcall', 'select', 'tonumber', 'tostring', 'type', 'unpack',
    'math', 'string', 'table',
  },
}
max_line_length = 120
