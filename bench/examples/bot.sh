#!/usr/bin/env bash
# A bot for a throng room, in bash alone (its /dev/tcp): answers !ping, !time.
# usage: BOT_PASSWORD=... bot.sh HOST PORT NAME ROOM
set -eu

host=$1 port=$2 name=$3 room=${4#\#}
room=${room,,}
before="#$room "
if [ "$room" = lobby ]; then
    before=
fi

exec 3<>"/dev/tcp/$host/$port"
tell() {
    printf '%s\n' "$1" >&3
}

tell "/register $name $BOT_PASSWORD"
tell "/login $name $BOT_PASSWORD"
tell "/join $room"
while IFS= read -r line <&3; do
    if [[ $line =~ ^"$before"\[[^]\ ]+\]\ (.*)$ ]]; then
        case ${BASH_REMATCH[1]} in
            '!ping') tell "/say $room pong" ;;
            '!time') tell "/say $room $(date -u +%Y-%m-%dT%H:%M:%SZ)" ;;
        esac
    elif [[ $line == "ERR "* && $line != "ERR name-taken "* ]]; then
        printf '%s\n' "$line" >&2
        exit 1
    fi
done
