# Computes, allocates and waits.
require "digest"
require "json"

def words(round) = (1..500).map { |n| format("%x-%05d", n * round, n) }

def fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2)

Thread.new { loop { sleep 0.001; "text" * 100 } }
(1..).each do |round|
  sorted = words(round).sort_by { |word| [word.length, word] }
  counts = Hash.new(0)
  sorted.join(" ").scan(/[a-f]+/) { |found| counts[found] += 1 }
  text = JSON.generate(counts)
  Digest::SHA256.hexdigest(text.gsub(/(\w)(\w)/) { $2 + $1 })
  JSON.parse(text)
  fib(12)
  sleep 0.0005 if round % 20 == 0
end
