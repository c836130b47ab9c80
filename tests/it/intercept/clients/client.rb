require "json"
require "net/http"

POLAR = "https://sandbox-api.polar.sh/v1"
headers = { "authorization" => "Bearer polar_oat_any", "content-type" => "application/json" }
customer = { email: "ann@example.com", external_id: "user_1" }.to_json
made = Net::HTTP.post(URI("#{POLAR}/customers/"), customer, headers)
read = Net::HTTP.get(URI("#{POLAR}/customers/external/user_1"), headers)
other = Net::HTTP.get(URI(ENV["OTHER_URL"]))
puts [made.code, JSON.parse(read)["email"], other].join(" ")
