-- Asks with one body after the other, from the lines of a file (GET where there is none), beginning
-- somewhere else at each run, and says at the end what it measured as one line of JSON.
local requests, count, at = {}, 0, 0

function init(args)
  local method, path, file, token, seed = args[1], args[2], args[3], args[4], args[5]
  local headers = { ["Host"] = wrk.host .. ":" .. wrk.port }
  if token ~= "" then headers["Authorization"] = "Bearer " .. token end
  if file == "" then
    requests = { wrk.format(method, path, headers) }
    count = 1
  else
    headers["Content-Type"] = "application/json"
    for line in io.lines(file) do
      count = count + 1
      requests[count] = wrk.format(method, path, headers, line)
    end
  end
  math.randomseed(tonumber(seed))
  at = math.random(count)
end

function request()
  at = at % count + 1
  return requests[at]
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'MEASURED {"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
