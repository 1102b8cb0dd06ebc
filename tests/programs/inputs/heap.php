<?php
// Arrays, strings, objects, sorts, serialisation and regular expressions: prints digests alone.
ini_set('memory_limit', '-1');
$rounds = (int) $argv[1];
mt_srand(7);
$kept = [];
for ($i = 0; $i < $rounds; $i++) {
    $kept['key' . mt_rand(0, intdiv($rounds, 5))] = str_repeat(chr(97 + $i % 26), mt_rand(0, $i % 100 == 0 ? 50000 : 300));
    if ($i % 3 == 0) {
        unset($kept['key' . mt_rand(0, intdiv($rounds, 5))]);
    }
}
ksort($kept, SORT_STRING);
echo 'array ', count($kept), ' ', hash('sha256', implode(',', $kept)), "\n";
echo 'copy ', var_export(unserialize(serialize($kept)) === $kept, true), "\n";
echo 'json ', hash('sha256', json_encode($kept)), "\n";
class node { public $left; public $right; public function __construct(public int $value) {} }
function grow(int $depth): ?node {
    if ($depth === 0) { return null; }
    $n = new node($depth);
    $n->left = grow($depth - 1);
    $n->right = grow($depth - 1);
    return $n;
}
function sum(?node $n): int { return $n === null ? 0 : $n->value + sum($n->left) + sum($n->right); }
for ($i = 0; $i < 4; $i++) { echo 'tree ', sum(grow(14)), "\n"; gc_collect_cycles(); }
$text = implode(' ', array_map(fn ($n) => "w$n-" . $n * 7919 % 1009, range(1, $rounds)));
echo 'regex ', hash('sha256', preg_replace_callback('/w(\d+)-(\d+)/', fn ($m) => "$m[2]:$m[1]", $text)), "\n";
