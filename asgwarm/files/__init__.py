"""Files and folders, to an instance and from it, over SFTP.

Rule 1: a file appears under its name when it is complete and its checksum agrees;
until then it is a part beside it, with which the next copy goes on.
Rule 2: nothing is written outside the destination, whatever names an instance sends.
Rule 3: memory is bounded, however large a file is.
"""
