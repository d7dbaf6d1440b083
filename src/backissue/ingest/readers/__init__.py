"""Readers: one module a format, a source to its documents, and each document to its blocks.

`reader_for` finds the format from the content. A new format is one new module with `recognises` and
`read`, and its row in `formats.FORMATS`.

* `formats`: the table of formats; what a reader is given and gives back, and how it builds blocks.
* `plaintext`: plain text, and the headings that it sets by layout.
* `mail`: one message.
* `mhtml`: web pages as a browser saves them in one file.
* `html`: HTML as blocks: what is seen of a page or fragment.
* `code_and_tables`: what of a page is code, and which of its tables have data.
* `styles`: what an element's own style changes of its words.
* `page_noise`: what publishing tools add to the words of a page.
* `page`: web pages.
* `article`: where the article is on a page, and what is beside it.
* `page_ends`: what a site has above and below the text of a page.
* `page_head`: the evidence in the head of a page.
* `markdown`: Markdown.
* `site_marks`: marks of site generators in Markdown, which are set aside.
* `frontmatter`: fields above a text in Markdown.
* `org`: Org, the outlines of Emacs.
* `org_inline`: Org's marks inside a line.
* `org_lists`: lists of Org.
* `asciidoc`: AsciiDoc.
* `rst`: reStructuredText.
* `medium`: Medium exports.
* `feed`: RSS and Atom: the XML as posts.
* `posts`: one post of a feed or an export as a document.
* `jsonfeed`: JSON Feed.
* `wxr`: WordPress exports.
* `ghost`: Ghost exports.
* `editor_json`: Lexical and Mobiledoc, in which Ghost keeps a post.
* `beehiiv`: beehiiv exports.
* `buttondown`: Buttondown exports.
* `json_posts`: posts as the programs of publishing tools give them; other JSON is rejected.
* `lists`: CSV files of an export that hold no issue.
"""

from backissue.ingest.readers.formats import FORMATS, Document, Format, Original, reader_for

__all__ = ("FORMATS", "Document", "Format", "Original", "reader_for")
