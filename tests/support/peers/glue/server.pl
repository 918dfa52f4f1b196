# A server by Net::TFTPd: HOST PORT ROOT. A request is a process, as in the module's own example.
use strict;
use warnings;
use Net::TFTPd;

my ($host, $port, $root) = @ARGV;
$SIG{CHLD} = 'IGNORE';
my $server = Net::TFTPd->new(
    RootDir => $root, Writable => 1, LocalAddr => $host, LocalPort => $port, Timeout => 3600,
) or die Net::TFTPd->error;
while (1) {
    my $request = $server->waitRQ() or next;
    next if fork;
    $request->processRQ();
    exit;
}
