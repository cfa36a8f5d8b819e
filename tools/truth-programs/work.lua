-- Computes and allocates.
local function words(round)
  local list = {}
  for n = 1, 500 do list[n] = string.format("%x-%05d", n * round, n) end
  return list
end

local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end

local produce = coroutine.wrap(function()
  local round = 0
  while true do
    round = round + 1
    coroutine.yield(words(round))
  end
end)

while true do
  local list = produce()
  table.sort(list, function(a, b) return #a == #b and a > b or #a < #b end)
  local counts = {}
  for found in table.concat(list, " "):gmatch("%x+") do counts[found] = (counts[found] or 0) + 1 end
  local text = table.concat(list, ","):gsub("(%w)(%w)", function(a, b) return b .. a end)
  setmetatable(counts, { __index = function(_, key) return key .. #text end })
  fib(12 + #counts["missing"] % 2)
end
