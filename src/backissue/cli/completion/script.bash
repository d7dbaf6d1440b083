# Completion of backissue for bash 3.2 and newer.
# Put this into ~/.bashrc:  eval "$(backissue completion bash)"

_backissue() {
    local program how= answer
    program=$(type -P "${1/#\~/$HOME}") || program=backissue  # `$1` may be an alias
    COMPREPLY=()
    while IFS= read -r answer; do
        if [[ -z $how ]]; then
            how=$answer
        else
            COMPREPLY+=("${answer%%$'\t'*}")
        fi
    done < <(command "$program" --complete bash "$COMP_WORDBREAKS" "$1" \
        "${COMP_LINE:0:$COMP_POINT}" 2>/dev/null)
    # compopt is missing from bash 3.2, and `nosort` from bash 4.3.
    case $how in
        files) compopt -o default 2>/dev/null ;;
        folders) compopt -o dirnames 2>/dev/null ;;
        open) compopt -o nospace 2>/dev/null ;;
    esac
    compopt -o nosort 2>/dev/null
}

complete -F _backissue backissue
