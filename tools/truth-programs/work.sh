# Functions, expansions, files and children, in what all shells know.
fib() {
    if [ "$1" -lt 2 ]; then
        result=$1
    else
        fib $(($1 - 1))
        set -- "$1" "$result"
        fib $(($1 - 2))
        result=$((result + 1))
    fi
}

round=0
while :; do
    round=$((round + 1))
    fib 7
    text=
    for word in the quick brown fox jumps over $round lazy dogs; do
        case $word in
            *o*) text="$text ${word%%o*}" ;;
            [0-9]*) text="$text ${#word}" ;;
            *) text="${word}${text#"$word"}" ;;
        esac
    done
    printf '%s %05d\n' "$text" "$round" >/dev/null
    while read -r first _; do : "$first"; done <<END
$text
$text
END
    [ $((round % 20)) -ne 0 ] || text=$(printf '%s\n' "$text")
    [ $((round % 50)) -ne 0 ] || sleep 0.001
done
