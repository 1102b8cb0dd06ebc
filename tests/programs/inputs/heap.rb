# Strings, arrays, hashes, big numbers, marshalled copies, threads and fibers under Ruby's collector,
# with a compaction: prints digests alone.
require 'digest'
require 'json'
require 'set'
require 'zlib'

rounds = Integer(ARGV[0])
random = Random.new(7)
digest = ->(text) { Digest::SHA256.hexdigest(text)[0, 24] }

kept = {}
rounds.times do |i|
  kept["key#{random.rand(rounds / 5)}"] = (97 + i % 26).chr * random.rand(i % 100 == 0 ? 50_000 : 300)
  kept.delete("key#{random.rand(rounds / 5)}") if i % 3 == 0
end
puts "hash #{kept.size} #{digest.(kept.sort.flatten.join(','))}"
copy = Marshal.load(Marshal.dump(kept))
puts "marshal #{copy == kept}"
GC.start
GC.compact if GC.respond_to?(:compact)
puts "json #{digest.(JSON.generate(copy))} #{JSON.parse(JSON.generate(copy)) == kept}"
puts "zlib #{digest.(Zlib::Deflate.deflate(copy.values.join, 9))}"
puts "big #{digest.((1..rounds / 20).reduce(:*).to_s)}"
puts "set #{(1..rounds).each_with_object(Set.new) { |n, s| s << n * 7919 % 10_007 }.size}"
threads = 4.times.map do |t|
  Thread.new { (1..rounds / 10).reduce('') { |s, n| digest.("#{s}#{n}#{t}" * 20) } }
end
puts "threads #{threads.map(&:value).join(' ')}"
fibers = Array.new(200) { |n| Fiber.new { |x| loop { x = Fiber.yield('f' * (x * n % 5000)) } } }
puts "fibers #{5.times.sum { |r| fibers.sum { |f| f.resume(r).size } }}"
