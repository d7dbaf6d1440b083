"""The archive's folder: originals, the facts you set, and the index derived from both.

* `settings`: where the archive is, whether it may be there, what is in it, whether its index is of
  it.
* `opening`: the archive opened for reading; its index rebuilt where it is unusable.
* `files`: files written whole or not at all; the lock that writers hold.
* `store`: the originals.
* `previewing`: inputs read before anything is stored.
* `ingestion`: sources into the store and the index, batch by batch.
* `leaving_out`: what a run leaves out because you removed it.
* `removal`: issues and sources removed.
* `tombstones`: what you removed, so that it does not come back.
* `rebuilding`: the index derived from the originals in full.
* `incremental`: which issues a change of sources affects, merged again and indexed.
* `journal`: what each run did, and the store as it was before.
* `history`: the runs that can be taken back.
* `undoing`: the last run taken back.
* `saved_searches`: searches that have a name.
* `missing`: what an archive lacks.
* `backup`: originals and your own words in one file.
* `restoring`: an archive made of such a file, of which nothing is trusted.
* `exporting`: files written into a folder of yours, which is whole then.
* `measuring`: how large an archive is on the disk.
* `losses`: originals that are gone, though you did not remove them.
* `privacy`: who else could read or change it.
* `health`: whether an archive is intact.
"""
