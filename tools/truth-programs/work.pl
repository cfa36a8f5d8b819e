# Computes, allocates and waits.
use strict;
use warnings;
use List::Util qw(sum reduce);
use Digest::SHA qw(sha256_hex);
use Time::HiRes qw(usleep);

sub words { my $round = shift; return map { sprintf "%x-%05d", $_ * $round, $_ } 1 .. 500; }

sub fib { my $n = shift; return $n < 2 ? $n : fib($n - 1) + fib($n - 2); }

for (my $round = 1;; $round++) {
    my @sorted = sort { length $a <=> length $b || $b cmp $a } words($round);
    my %counts;
    $counts{$1}++ while join(" ", @sorted) =~ /([a-f]+)/g;
    my $text = join ",", map { "$_=$counts{$_}" } sort keys %counts;
    $text =~ s/(\w)(\w)/$2$1/g;
    my $digest = sha256_hex($text);
    my $longest = reduce { length $a > length $b ? $a : $b } @sorted;
    fib(12);
    usleep(500) if $round % 20 == 0;
}
