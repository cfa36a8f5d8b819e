<?php
// Computes, allocates and waits.
function words(int $round): array {
    return array_map(fn($n) => sprintf("%x-%05d", $n * $round, $n), range(1, 500));
}

function fib(int $n): int { return $n < 2 ? $n : fib($n - 1) + fib($n - 2); }

for ($round = 1;; $round++) {
    $words = words($round);
    usort($words, fn($a, $b) => strlen($a) <=> strlen($b) ?: strcmp($b, $a));
    preg_match_all('/[a-f]+/', implode(' ', $words), $found);
    $text = json_encode(array_count_values($found[0]));
    hash('sha256', preg_replace_callback('/(\w)(\w)/', fn($match) => $match[2] . $match[1], $text));
    json_decode($text, true);
    fib(12);
    if ($round % 20 == 0) usleep(500);
}
