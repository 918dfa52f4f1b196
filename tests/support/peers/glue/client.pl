# One transfer by Net::TFTP: VERB HOST PORT REMOTE LOCAL BLKSIZE MODE; BLKSIZE 0 is its own choice.
use strict;
use warnings;
use Net::TFTP;

my ($verb, $host, $port, $remote, $local, $blksize, $mode) = @ARGV;
my @options = $blksize ? (BlockSize => $blksize) : ();
my $tftp = Net::TFTP->new($host, Port => $port, Mode => $mode, @options);
my $done = $verb eq 'get' ? $tftp->get($remote, $local) : $tftp->put($local, $remote);
exit 0 if $done;
print STDERR 'Net::TFTP: ', $tftp->error // 'failed', "\n";
exit 1;
