"""Uninstalls the pip that ensurepip installed: for the uninstallers of Python."""
import argparse
import ensurepip
import sys


def _main(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument('--version', action='version', version=f'pip {ensurepip.version()}',
                        help='Show the version of pip this will attempt to uninstall.')
    parser.add_argument('-v', '--verbose', action='count', default=0, dest='verbosity',
                        help='Give more output. Option is additive, and can be used up to 3 '
                             'times.')
    options = parser.parse_args(argv)
    return ensurepip._uninstall_helper(verbosity=options.verbosity)


if __name__ == '__main__':
    sys.exit(_main())
