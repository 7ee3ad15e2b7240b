#!/usr/bin/env bash
# Makes the audio files that content/*/line.toml names, from the very texts that it holds: run it after a text has
# changed, and listen to the result. A voice of a real person is better; put such a file in place and leave it out here.
# Beside each NAME.ogg, which chats get, stands NAME.mp3, which telephones play (8 kHz, as the network has it): it says the
# words of [voice.*.instead] where they differ from what is written.
#   content/make-audio.sh [casa] [NAME...]     NAME = notice or the key of an answer; none means all
# Needs espeak-ng, ffmpeg with libopus and libmp3lame, and python3 (3.11 or newer): apt-get install espeak-ng ffmpeg python3
set -euo pipefail
cd "$(dirname "$0")"

# A WhatsApp voice note and a phone on a slow line are both served by 16 kbit/s mono.
readonly BITRATE=16k TELEPHONE_BITRATE=16k MAX_BYTES=60000 WORDS_PER_MINUTE=165
declare -rA VOICES=([spa]=es-419 [eng]=en-us)

for tool in espeak-ng ffmpeg python3; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install espeak-ng ffmpeg python3" >&2; exit 1; }
done

line=${1:-casa}
shift || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One text file for each audio file, written as it is to be spoken, and a list "language<TAB>file<TAB>name".
python3 - "$line" "$work" >"$work/list" <<'PYTHON'
import pathlib, re, sys, tomllib

line, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
content = tomllib.loads((line / "line.toml").read_text(encoding="utf-8"))

# What a voice would misread: numbers that are said digit by digit, and shortened words.
SPOKEN = {
    "spa": {r"\b911\b": "nueve, uno, uno", r"\b171\b": "uno, siete, uno", r"\bAv\. ": "Avenida ", r"\bIESS\b": "Iess", r"\bVIH\b": "ve i hache"},
    "eng": {r"\b911\b": "nine, one, one", r"\b171\b": "one, seven, one", r"\bAv\. ": "Avenida ", r"\bIESS\b": "I E S S", r"\bHIV\b": "H I V"},
}

def spoken(text, language):
    for pattern, words in SPOKEN.get(language, {}).items():
        text = re.sub(pattern, words, text)
    text = re.sub(r"(\d\d?):00\b", r"\1", text)
    text = re.sub(r"(\d\d?):(\d\d)\b", r"\1 \2", text)
    text = re.sub(r"\b([A-Z]?\d+)-(\d+)\b", r"\1, \2", text)
    return re.sub(r"^[•*-]\s*", "", text, flags=re.M).replace("\n", "\n\n")

jobs = [("notice", language, part) for language, part in content["notice"].items() if isinstance(part, dict)]
jobs = [(name, language, part["text"], part.get("audio")) for name, language, part in jobs]
for answer in content["answers"]:
    for language, file in answer.get("audio", {}).items():
        jobs.append((answer["key"], language, answer["title"][language] + ".\n" + answer["text"][language], file))
def said(text, language):
    instead = content.get("voice", {}).get(language, {}).get("instead", {})
    for written in sorted(instead, key=len, reverse=True):
        text = text.replace(written, instead[written])
    return text

for number, (name, language, text, file) in enumerate(jobs):
    if file:
        (work / f"{number}.txt").write_text(spoken(text, language), encoding="utf-8")
        (work / f"{number}.said.txt").write_text(spoken(said(text, language), language), encoding="utf-8")
        print(language, file, name, work / f"{number}", sep="\t")
PYTHON

while IFS=$'\t' read -r language file name text; do
  if (($# > 0)) && [[ " $* " != *" $name "* ]]; then continue; fi
  voice=${VOICES[$language]:-}
  [[ -n $voice ]] || { echo "$line: no voice is set for the language $language" >&2; exit 1; }
  mkdir -p "$line/$(dirname "$file")"
  espeak-ng -v "$voice" -s "$WORDS_PER_MINUTE" -g 2 -f "$text.said.txt" -w "$work/speech.wav"
  ffmpeg -hide_banner -loglevel error -nostdin -y -i "$work/speech.wav" -ac 1 -ar 8000 -map_metadata -1 -fflags +bitexact \
    -c:a libmp3lame -b:a "$TELEPHONE_BITRATE" -write_xing 0 -id3v2_version 0 "$line/${file%.ogg}.mp3"
  espeak-ng -v "$voice" -s "$WORDS_PER_MINUTE" -g 2 -f "$text.txt" -w "$work/speech.wav"
  # A long text gets fewer bits rather than a file that a slow line cannot load.
  for rate in "$BITRATE" 12k 10k 8k; do
    ffmpeg -hide_banner -loglevel error -nostdin -y -i "$work/speech.wav" -ac 1 -ar 16000 -map_metadata -1 -fflags +bitexact \
      -c:a libopus -b:a "$rate" -application voip -flags:a +bitexact "$line/$file"
    bytes=$(stat -c %s "$line/$file")
    ((bytes <= MAX_BYTES)) && break
  done
  ((bytes <= MAX_BYTES)) || { echo "$line/$file has $bytes bytes, more than $MAX_BYTES: shorten the text" >&2; exit 1; }
  printf '%-34s %6d bytes\n' "$line/$file" "$bytes"
done <"$work/list"
