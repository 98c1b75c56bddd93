-- Questions to the policy decision point, one after another over the records and users that access.sh makes.
local users, records, number = 1000, 1000, 0
wrk.method = "POST"
wrk.path = "/access/v1/evaluation"
wrk.headers["Content-Type"] = "application/json"
function request()
  number = number + 7919
  return wrk.format(nil, nil, nil, string.format(
    '{"subject":{"type":"User","id":"u%d","properties":{"risk":3}},"action":{"name":"read"},'
      .. '"resource":{"type":"Record","id":"r%d"},"context":{"mode":"run"}}',
    number % users, (number * 31) % records))
end
function response(status, _, body)
  if status ~= 200 then error("status " .. status .. ": " .. body) end
end
