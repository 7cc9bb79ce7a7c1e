// In place of @edx/frontend-platform. A site without the exams service: everything goes to this host.
export function getConfig() {
    return {LMS_BASE_URL: window.location.origin, EXAMS_BASE_URL: null};
}
