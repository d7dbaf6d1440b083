#compdef backissue
# Completion of backissue for zsh.
# Put this into ~/.zshrc, below compinit:  source <(backissue completion zsh)

_backissue() {
    local how line value program=${(Q)${words[1]/#\~/$HOME}}
    local -a answers closed opened
    [[ -n $commands[$program] || -x $program ]] || program=backissue  # it may be an alias
    # Standard input names the terminal, for the hits of its last search.
    answers=("${(@f)$(command $program --complete zsh \
        "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null <${TTY:-/dev/null})}")
    how=$answers[1]
    [[ $how == (files|folders) && $PREFIX == --*=* ]] && compset -P '*='
    case $how in
        files) _files; return ;;
        folders) _files -/; return ;;
    esac
    for line in "${(@)answers[2,-1]}"; do
        value=${line%%$'\t'*}
        line=${line#*$'\t'}
        line="${${value//\\/\\\\}//:/\\:}${line:+:$line}"
        # No space follows what has a value behind it.
        if [[ $value == *(:|=|..) ]]; then
            opened+=("$line")
        else
            closed+=("$line")
        fi
    done
    _describe -V 'backissue' closed -- opened -S ''
}

if [[ $funcstack[1] == _backissue ]]; then
    _backissue "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _backissue backissue
fi
