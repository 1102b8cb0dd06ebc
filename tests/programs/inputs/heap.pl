# Hashes, growing strings, sorts, regular expressions, closures and (where perl has them) threads,
# each of which copies the whole interpreter: prints sums and digests alone.
use strict;
use warnings;
use Config;
use Digest::SHA qw(sha256_hex);
use Storable qw(dclone);

my $rounds = shift;
my $state = 12345;
sub next_below { $state = ($state * 1103515245 + 12345) % 2147483648; return $state % $_[0] }

my %words;
for my $i (1 .. $rounds) {
    my $key = 'key' . next_below($rounds / 4);
    $words{$key} .= chr(97 + $i % 26) x next_below(40);
    delete $words{ 'key' . next_below($rounds / 4) } if $i % 3 == 0;
}
print 'hash ', scalar(keys %words), ' ', sha256_hex(join ',', map { "$_=$words{$_}" } sort keys %words), "\n";

my @rows = map { { id => $_, name => 'n' x ($_ % 50), list => [1 .. $_ % 12] } } 1 .. $rounds / 5;
my $copy = dclone(\@rows);
@rows = sort { @{ $a->{list} } <=> @{ $b->{list} } || $b->{id} <=> $a->{id} } @$copy;
print 'sort ', sha256_hex(join ',', map { $_->{id} } @rows), "\n";

my $text = join ' ', map { "w$_-" . ($_ * 7919 % 1009) } 1 .. $rounds / 2;
my $found = () = $text =~ /w(\d*7\d*)-(\d+)(?= w\d+-(\d+))/g;
(my $swapped = $text) =~ s/w(\d+)-(\d+)/"$2:" . ($1 x 2)/ge;
print "regex $found ", sha256_hex($swapped), "\n";

my @calls = map { my $n = $_; sub { $n += $_[0]; return $n } } 1 .. $rounds / 10;
my $sum = 0;
$sum += $_->(3) for @calls, @calls;
print "closures $sum\n";

if ($Config{useithreads}) {
    require threads;
    my @all = map {
        my $n = $_;
        threads->create(sub { my $s = ''; $s .= sha256_hex("$n $_ $s") for 1 .. $rounds / 40; sha256_hex($s) });
    } 1 .. 4;
    print 'thread ', $_->join, "\n" for @all;
}
