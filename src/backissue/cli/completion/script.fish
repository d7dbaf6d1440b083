# Completion of backissue for fish.
# Write it once:  backissue completion fish > ~/.config/fish/completions/backissue.fish

function __backissue_answers
    set -l words (commandline -opc)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    type -q --no-functions $program; or set program backissue
    set -l answers (command $program --complete fish $words[2..-1] (commandline -ct | string unescape) 2>/dev/null)
    set -l option (string match -r -- '^--[^=]*=' (commandline -ct))
    set -l path (string replace -- "$option" '' (commandline -ct))
    switch "$answers[1]"
        case files
            printf '%s\n' "$option"(__fish_complete_path $path)
        case folders
            printf '%s\n' "$option"(__fish_complete_directories $path)
        case '*'
            printf '%s\n' $answers[2..-1]
    end
end

complete -c backissue -e
complete -c backissue -f -k -a '(__backissue_answers)'
