%% Processes that compute, send and wait.
-module(work).
-export([start/0]).

start() ->
    Sink = spawn(fun() -> sink(0) end),
    [spawn(fun() -> run(N, Sink) end) || N <- lists:seq(1, 3)],
    receive stop -> ok end.

sink(Sum) -> receive {_, N} -> sink(Sum + N) end.

run(N, Sink) ->
    Map = maps:from_list([{integer_to_list(I * N rem 101), I} || I <- lists:seq(1, 1000)]),
    Sorted = lists:sort(fun(A, B) -> A > B end, maps:keys(Map)),
    Text = iolist_to_binary(lists:join($,, Sorted)),
    Parts = binary:split(Text, <<",">>, [global]),
    Packed = zlib:compress(term_to_binary(Parts)),
    {match, Found} = re:run(Text, "[0-9]+", [global]),
    Sink ! {N, byte_size(Packed) + length(Found) + fib(15)},
    case N rem 2 of 0 -> timer:sleep(1); 1 -> ok end,
    run(N + 1, Sink).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).
