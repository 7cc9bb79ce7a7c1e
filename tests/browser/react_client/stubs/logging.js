// In place of @edx/frontend-platform/logging: what the library has to complain about, for the test to read.
export const complaints = [];

export function logError(...args) {
    complaints.push(args.map(String).join(' '));
}
