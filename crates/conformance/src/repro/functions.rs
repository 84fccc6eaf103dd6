//! What a script defines before its first request: of these functions those that it calls. Not for requests.

/// A function of the shell.
struct Function {
    name: &'static str,
    text: &'static str,
}

const ALL: &[Function] = &[
    Function {
        name: "jwt",
        text: r#"b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# jwt HEADER CLAIMS SECRET: a token signed with HMAC; for other algorithms set TOKEN_n by hand
jwt() {
  local input; input="$(printf %s "$1" | b64).$(printf %s "$2" | b64)"
  local digest=sha256; case "$1" in *HS384*) digest=sha384;; *HS512*) digest=sha512;; esac
  printf '%s.%s' "$input" "$(printf %s "$input" | openssl dgst -"$digest" -hmac "$3" -binary | b64)"
}
"#,
    },
    Function {
        name: "alter",
        text: r#"# alter HOW: passes a token on, since it takes more than a shell to alter it
alter() { echo "TOKEN_n to be set by hand: $1" >&2; cat; }
"#,
    },
    Function {
        name: "form",
        text: r#"# form TEXT: as it stands in a form or in a query
form() {
  local LC_ALL=C text=$1 i char
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    case $char in [A-Za-z0-9*._-]) printf %s "$char";; ' ') printf +;; *) printf %%%02X "'$char";; esac
  done
}
"#,
    },
    Function {
        name: "cursor",
        text: r#"# cursor ANSWER: the last event that a document about subscriptions names
cursor() { sed -nE 's/.*("lastEventID" *: *|last-event-id=)"([^"]*)".*/\2/p' <<< "$1" | head -n 1; }
"#,
    },
    Function {
        name: "subscriber",
        text: r#"# subscriber STREAM MATCHER N: who subscribes by a matcher, as the N-th event about it says that came on a stream
subscriber() {
  local tries found
  for tries in {1..30}; do
    found=$(tr -d '\\' < "$STREAMS/$1" | grep -F "\"$2\"" | sed -n 's/.*"subscriber" *: *"\([^"]*\)".*/\1/p' | awk '!n[$0]++' | sed -n "$3p")
    if [ -n "$found" ]; then break; fi
    sleep 0.1
  done
  printf %s "${found:-untold}"
}
"#,
    },
    Function {
        name: "proof",
        text: r#"# proof TOPIC [private]: a throw-away update; streams that are alive show it
proof() {
  curl -sS -o "$STREAMS/proof" -w 'throw-away update: %{http_code}\n' --max-time 3 $PROOF_HTTP \
    -H "Authorization: Bearer $PROOF_TOKEN" ${2:+-d private=on} \
    --data-urlencode "topic=$1" --data-urlencode "data=assay-proof:$SPACE" "$PUBLISH_HUB"
  sleep 0.1
}
"#,
    },
    Function {
        name: "leave",
        text: r#"# leave STREAM: its subscriber goes away
leave() { kill "${PIDS[$1]}" 2> "$STREAMS/ended"; wait "${PIDS[$1]}" 2> "$STREAMS/ended"; sleep 0.3; }
"#,
    },
];

/// Those that the commands call.
pub(super) fn called(commands: &str) -> String {
    let is_called = |function: &&Function| {
        let name = function.name;
        let calls = [
            format!("$({name} "),
            format!("| {name} "),
            format!("\n{name} "),
        ];
        calls.iter().any(|call| commands.contains(call))
    };
    ALL.iter()
        .filter(is_called)
        .map(|function| function.text)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn only_what_is_called_is_defined() {
        let cases = [
            ("TOKEN_1=$(jwt '{}' '{}' x)\n", "jwt()"),
            ("x | alter 'y'\n", "alter()"),
            ("\nleave 2\n", "leave()"),
            ("'x='\"$(form \"$ID_2\")\"", "form()"),
        ];
        for (commands, expected) in cases {
            let defined = called(commands);
            assert!(defined.contains(expected), "{commands}");
            assert_eq!(
                defined.matches("()").count(),
                1 + usize::from(expected == "jwt()")
            );
        }
        assert_eq!(called("# a form in words"), "");
    }
}
